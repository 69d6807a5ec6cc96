// The AWS SDK for JavaScript with its default settings, doing what applications do with it. Exits with an assertion's
// text when an answer is not the one AWS gives; prints a line for each step that held.
//
// Environment: S3_ENDPOINT, S3_BUCKET (exists, empty), AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";

import {
    CopyObjectCommand, DeleteObjectsCommand, GetObjectAttributesCommand, GetObjectCommand, HeadObjectCommand,
    ListObjectsV2Command, PutObjectCommand, S3Client, paginateListObjectsV2,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const Bucket = process.env.S3_BUCKET;
const client = new S3Client({ endpoint: process.env.S3_ENDPOINT, region: "us-east-1", forcePathStyle: true });
// For links to PUT: by default the SDK signs the checksum of the empty body it has at that time, and S3 refuses any other.
const linkClient = new S3Client({
    endpoint: process.env.S3_ENDPOINT, region: "us-east-1", forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
});
const md5 = (data) => createHash("md5").update(data).digest("hex");

async function bytesOf(key, more = {}) {
    const answer = await client.send(new GetObjectCommand({ Bucket, Key: key, ...more }));
    return { answer, data: Buffer.from(await answer.Body.transformToByteArray()) };
}

async function fails(command, name, status) {
    await assert.rejects(client.send(command), (error) => {
        assert.equal(error.name, name);
        assert.equal(error.$metadata.httpStatusCode, status);
        return true;
    });
}

const steps = {
    async "put, head and get with odd names and metadata"() {
        const data = randomBytes(100_000);
        for (const key of ["plain", "with space/ü+%41&=?#", "a//b/../c", "комета"]) {
            const put = await client.send(new PutObjectCommand({
                Bucket, Key: key, Body: data, ContentType: "text/x-lab", Metadata: { colour: "blue" },
            }));
            assert.equal(put.ETag, `"${md5(data)}"`);
            const head = await client.send(new HeadObjectCommand({ Bucket, Key: key, ChecksumMode: "ENABLED" }));
            assert.equal(head.ContentLength, data.length);
            assert.equal(head.ContentType, "text/x-lab");
            assert.deepEqual(head.Metadata, { colour: "blue" });
            assert.equal(head.ChecksumCRC32, put.ChecksumCRC32);
            assert.ok((await bytesOf(key)).data.equals(data));
        }
    },

    async "a stream of known length goes as signed or trailed chunks"() {
        const data = randomBytes(300_000);
        const Body = Readable.from([data.subarray(0, 7), data.subarray(7, 200_001), data.subarray(200_001)]);
        await client.send(new PutObjectCommand({ Bucket, Key: "stream", Body, ContentLength: data.length }));
        const { answer, data: back } = await bytesOf("stream", { ChecksumMode: "ENABLED" });
        assert.ok(back.equals(data));
        assert.ok(answer.ChecksumCRC32);
    },

    async "every checksum algorithm"() {
        for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"]) {
            const key = `sum-${ChecksumAlgorithm}`;
            const put = await client.send(new PutObjectCommand({ Bucket, Key: key, Body: "checked", ChecksumAlgorithm }));
            const { answer } = await bytesOf(key, { ChecksumMode: "ENABLED" });
            assert.ok(put[`Checksum${ChecksumAlgorithm}`]);
            assert.equal(answer[`Checksum${ChecksumAlgorithm}`], put[`Checksum${ChecksumAlgorithm}`]);
        }
    },

    async "ranges and conditions"() {
        const { data } = await bytesOf("plain");
        const part = await bytesOf("plain", { Range: "bytes=10-19" });
        assert.equal(part.answer.ContentRange, `bytes 10-19/${data.length}`);
        assert.ok(part.data.equals(data.subarray(10, 20)));
        await fails(new GetObjectCommand({ Bucket, Key: "plain", IfMatch: '"0"' }), "PreconditionFailed", 412);
        await fails(new PutObjectCommand({ Bucket, Key: "plain", Body: "x", IfNoneMatch: "*" }), "PreconditionFailed", 412);
        await fails(new GetObjectCommand({ Bucket, Key: "absent" }), "NoSuchKey", 404);
        await fails(new HeadObjectCommand({ Bucket, Key: "absent" }), "NotFound", 404);
        await fails(new ListObjectsV2Command({ Bucket: "no-such-bucket-here" }), "NoSuchBucket", 404);
    },

    async "a multipart upload and its attributes"() {
        const data = randomBytes(12 * 1024 * 1024 + 5);
        const upload = new Upload({ client, params: { Bucket, Key: "parts", Body: Readable.from([data]) }, queueSize: 3 });
        const done = await upload.done();
        assert.match(done.ETag, /^"[0-9a-f]{32}-3"$/);
        assert.ok((await bytesOf("parts")).data.equals(data));
        const attributes = await client.send(new GetObjectAttributesCommand({
            Bucket, Key: "parts", ObjectAttributes: ["ETag", "ObjectSize", "ObjectParts", "Checksum"],
        }));
        assert.equal(attributes.ObjectSize, data.length);
        assert.equal(attributes.ObjectParts.TotalPartsCount, 3);
        await client.send(new CopyObjectCommand({ Bucket, Key: "copied", CopySource: `${Bucket}/parts` }));
        assert.equal(md5((await bytesOf("copied")).data), md5(data));
    },

    async "presigned links"() {
        const put = await getSignedUrl(linkClient, new PutObjectCommand({ Bucket, Key: "linked" }), { expiresIn: 60 });
        assert.equal((await fetch(put, { method: "PUT", body: "by link" })).status, 200);
        const get = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: "linked" }), { expiresIn: 60 });
        assert.equal(await (await fetch(get)).text(), "by link");
        assert.equal((await fetch(get.replace("linked", "plain"))).status, 403);
    },

    async "listing by pages and deleting many"() {
        const keys = [];
        for await (const page of paginateListObjectsV2({ client, pageSize: 3 }, { Bucket }))
            keys.push(...page.Contents.map((entry) => entry.Key));
        assert.deepEqual(keys, [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
        assert.ok(keys.includes("with space/ü+%41&=?#") && keys.includes("a//b/../c"));
        const folders = await client.send(new ListObjectsV2Command({ Bucket, Delimiter: "/" }));
        assert.deepEqual(folders.CommonPrefixes.map((entry) => entry.Prefix), ["a/", "with space/"]);
        const Objects = keys.map((Key) => ({ Key }));
        const deleted = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
        assert.equal(deleted.Deleted.length, keys.length);
        assert.equal((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
    },
};

for (const [name, step] of Object.entries(steps)) {
    await step();
    console.log(`held: ${name}`);
}
