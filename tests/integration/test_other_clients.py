"""rclone, s3cmd, restic, s3fs and minio-py doing real work. Each runs where the tool is installed."""
import filecmp
import io
import os
import random
import shutil
import subprocess
import time
import urllib.request

import pytest

from test_aws_cli import make_tree, same_tree


def need(tool):
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"{tool} is not installed")
    return path


def run(*command, env=None, timeout=300):
    # What the person at this machine has set for AWS is not for the server under test.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [str(part) for part in command], env={**inherited, **(env or {})}, capture_output=True, text=True, timeout=timeout
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def test_rclone_sync_check_and_move(server, s3, bucket, tmp_path):
    rclone = need("rclone")
    env = {
        "RCLONE_CONFIG": str(tmp_path / "rclone.conf"),
        "RCLONE_CONFIG_LAB_TYPE": "s3",
        "RCLONE_CONFIG_LAB_PROVIDER": "Other",
        "RCLONE_CONFIG_LAB_ENDPOINT": server.endpoint,
        "RCLONE_CONFIG_LAB_ACCESS_KEY_ID": server.access_key,
        "RCLONE_CONFIG_LAB_SECRET_ACCESS_KEY": server.secret_key,
        "RCLONE_CONFIG_LAB_REGION": "us-east-1",
    }
    (tmp_path / "rclone.conf").touch()
    there = tmp_path / "there"
    back = tmp_path / "back"
    make_tree(there, 400, seed=2)
    (there / "big.bin").write_bytes(random.Random(3).randbytes(11 << 20))
    remote = f"lab:{bucket}/tree"
    run(rclone, "sync", "--s3-upload-cutoff", "5M", "--s3-chunk-size", "5M", there, remote, env=env)
    run(rclone, "check", "--download", there, remote, env=env)
    run(rclone, "sync", remote, back, env=env)
    same_tree(there, back)
    run(rclone, "moveto", f"{remote}/big.bin", f"{remote}/moved.bin", env=env)
    assert s3.head_object(Bucket=bucket, Key="tree/moved.bin")["ContentLength"] == 11 << 20
    run(rclone, "purge", remote, env=env)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_s3cmd_put_get_list_and_multipart(server, s3, bucket, tmp_path):
    s3cmd = need("s3cmd")
    host = server.endpoint.removeprefix("http://")
    options = [
        "--config", tmp_path / "s3cfg", "--no-ssl", "--host", host, "--host-bucket", host, "--no-progress",
        "--access_key", server.access_key, "--secret_key", server.secret_key, "--region", "us-east-1",
    ]
    (tmp_path / "s3cfg").write_text("[default]\n")
    data = tmp_path / "data.bin"
    data.write_bytes(random.Random(4).randbytes(12 << 20))
    for signature in ([], ["--signature-v2"]):
        run(s3cmd, *options, *signature, "put", "--multipart-chunk-size-mb", "5", data, f"s3://{bucket}/dir/data.bin")
        assert f"s3://{bucket}/dir/data.bin" in run(s3cmd, *options, *signature, "ls", "--recursive", f"s3://{bucket}")
        run(s3cmd, *options, *signature, "get", "--force", f"s3://{bucket}/dir/data.bin", tmp_path / "back.bin")
        assert filecmp.cmp(data, tmp_path / "back.bin", shallow=False)
        run(s3cmd, *options, *signature, "cp", f"s3://{bucket}/dir/data.bin", f"s3://{bucket}/dir/copy.bin")
        run(s3cmd, *options, *signature, "info", f"s3://{bucket}/dir/copy.bin")
        run(s3cmd, *options, *signature, "del", "--recursive", "--force", f"s3://{bucket}/")
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_restic_backup_and_restore(server, bucket, tmp_path):
    restic = need("restic")
    env = {
        "AWS_ACCESS_KEY_ID": server.access_key,
        "AWS_SECRET_ACCESS_KEY": server.secret_key,
        "RESTIC_PASSWORD": "for-this-test",
        "RESTIC_REPOSITORY": f"s3:{server.endpoint}/{bucket}/repository",
        "RESTIC_CACHE_DIR": str(tmp_path / "cache"),
    }
    there = tmp_path / "there"
    make_tree(there, 300, seed=5)
    (there / "big.bin").write_bytes(random.Random(6).randbytes(20 << 20))
    run(restic, "init", env=env)
    run(restic, "backup", there, env=env)
    (there / "big.bin").write_bytes(random.Random(7).randbytes(9 << 20))
    run(restic, "backup", there, env=env)
    run(restic, "check", "--read-data", env=env)
    run(restic, "restore", "latest", "--target", tmp_path / "back", env=env)
    same_tree(there, tmp_path / "back" / there.relative_to("/"))
    run(restic, "forget", "--keep-last", "1", "--prune", env=env)
    run(restic, "check", env=env)


def test_s3fs_mount(server, s3, bucket, tmp_path):
    s3fs = need("s3fs")
    if not os.path.exists("/dev/fuse"):
        pytest.skip("there is no /dev/fuse")
    secret = tmp_path / "passwd"
    secret.write_text(f"{server.access_key}:{server.secret_key}\n")
    secret.chmod(0o600)
    mount = tmp_path / "mount"
    mount.mkdir()
    process = subprocess.Popen(
        [
            s3fs, bucket, str(mount), "-f", "-o", f"passwd_file={secret}", "-o", f"url={server.endpoint}",
            "-o", "use_path_request_style", "-o", "endpoint=us-east-1",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 20
        while not os.path.ismount(mount):
            assert process.poll() is None, "s3fs ended"
            assert time.monotonic() < end, "the mount did not appear"
            time.sleep(0.1)
        data = random.Random(8).randbytes(7 << 20)
        (mount / "folder").mkdir()
        (mount / "folder" / "file.bin").write_bytes(data)
        assert s3.get_object(Bucket=bucket, Key="folder/file.bin")["Body"].read() == data
        assert (mount / "folder" / "file.bin").read_bytes() == data
        (mount / "folder" / "file.bin").rename(mount / "folder" / "renamed.bin")
        assert sorted(p.name for p in (mount / "folder").iterdir()) == ["renamed.bin"]
        with open(mount / "folder" / "renamed.bin", "r+b") as file:
            file.seek(1000)
            file.write(b"changed")
        assert (mount / "folder" / "renamed.bin").read_bytes()[1000:1007] == b"changed"
        (mount / "folder" / "renamed.bin").unlink()
        assert list((mount / "folder").iterdir()) == []
    finally:
        subprocess.run(["umount", str(mount)], check=False)
        process.terminate()
        process.wait(20)


def test_minio_py(server, bucket):
    minio = pytest.importorskip("minio", reason="minio-py is not installed")
    client = minio.Minio(
        server.endpoint.removeprefix("http://"), access_key=server.access_key, secret_key=server.secret_key, secure=False
    )
    data = random.Random(9).randbytes(11 << 20)
    client.put_object(bucket, "a b/ü.bin", io.BytesIO(data), len(data), part_size=5 << 20)
    client.put_object(bucket, "unknown-length", io.BytesIO(data), -1, part_size=5 << 20)
    for key in ("a b/ü.bin", "unknown-length"):
        answer = client.get_object(bucket, key)
        assert answer.read() == data
        answer.close()
        answer.release_conn()
    assert [o.object_name for o in client.list_objects(bucket, recursive=True)] == ["a b/ü.bin", "unknown-length"]
    url = client.presigned_get_object(bucket, "unknown-length")


    with urllib.request.urlopen(url) as answer:
        assert answer.read() == data
    errors = list(client.remove_objects(bucket, [minio.deleteobjects.DeleteObject(k) for k in ("a b/ü.bin", "unknown-length")]))
    assert errors == []
