"""A small signed S3 client for the crash tests: fast enough to load a server from Python, and exact about what was
acknowledged. Every failure of the connection is `Unknown`: the change may or may not have happened."""
import base64
import datetime
import hashlib
import hmac
import http.client
import urllib.parse
import xml.etree.ElementTree as ElementTree

REGION = "us-east-1"


class Unknown(Exception):
    """The connection broke before the answer was complete."""


class Refused(Exception):
    """A complete answer with an error status."""

    def __init__(self, status, code, message):
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Client:
    """One keep-alive connection; not for use by two threads."""

    def __init__(self, port, access_key, secret_key, timeout_seconds=30):
        self.port = port
        self.access_key = access_key
        self.secret_key = secret_key
        self.timeout_seconds = timeout_seconds
        self.connection = None

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def request(self, method, path, query=(), body=b"", headers=None):
        """Answers (status, headers, body) for any complete response below 300, `Refused` above."""
        headers = dict(headers or {})
        target, headers = self._sign(method, path, query, headers)
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout_seconds)
            self.connection.request(method, target, body=body, headers=headers)
            response = self.connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Unknown(repr(error)) from error
        if response.status >= 300:
            raise Refused(response.status, *self._error(data))
        return response.status, response.headers, data

    def _late_refusal(self, answer):
        """An error document behind a 200: InternalError there promises as little as a 500 does."""
        code, message = self._error(answer)
        return Refused(500 if code == "InternalError" else 200, code, message)

    @staticmethod
    def _error(data):
        try:
            root = ElementTree.fromstring(data)
            return root.findtext("Code"), root.findtext("Message")
        except ElementTree.ParseError:
            return None, data[:200]

    def _sign(self, method, path, query, headers):
        now = datetime.datetime.now(datetime.timezone.utc)
        stamp = now.strftime("%Y%m%dT%H%M%SZ")
        day = stamp[:8]
        uri = urllib.parse.quote(path, safe="/-_.~")
        pairs = sorted((urllib.parse.quote(k, safe="-_.~"), urllib.parse.quote(v, safe="-_.~")) for k, v in query)
        canonical_query = "&".join(f"{k}={v}" for k, v in pairs)
        headers = {name.lower(): value for name, value in headers.items()}
        headers["host"] = f"127.0.0.1:{self.port}"
        headers["x-amz-date"] = stamp
        headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"
        names = ";".join(sorted(headers))
        canonical = "\n".join(
            [method, uri, canonical_query]
            + [f"{name}:{headers[name]}" for name in sorted(headers)]
            + ["", names, "UNSIGNED-PAYLOAD"]
        )
        scope = f"{day}/{REGION}/s3/aws4_request"
        to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = _hmac(_hmac(_hmac(_hmac(("AWS4" + self.secret_key).encode(), day), REGION), "s3"), "aws4_request")
        signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return uri + ("?" + canonical_query if canonical_query else ""), headers

    # -- the operations the crash tests use ----------------------------------------------------------------------
    def create_bucket(self, bucket):
        self.request("PUT", f"/{bucket}")

    def put(self, bucket, key, body, headers=None):
        return self.request("PUT", f"/{bucket}/{key}", body=body, headers=headers)

    def get(self, bucket, key):
        return self.request("GET", f"/{bucket}/{key}")[2]

    def delete(self, bucket, key):
        self.request("DELETE", f"/{bucket}/{key}")

    def delete_many(self, bucket, keys):
        document = "<Delete><Quiet>true</Quiet>" + "".join(f"<Object><Key>{k}</Key></Object>" for k in keys) + "</Delete>"
        digest = hashlib.md5(document.encode()).digest()
        headers = {"content-md5": base64.b64encode(digest).decode()}
        _, _, answer = self.request("POST", f"/{bucket}", [("delete", "")], document.encode(), headers)
        if b"<Error>" in answer:
            # An error inside a 200 counts as what it names: InternalError promises nothing about the entry.
            raise Refused(500 if b"<Code>InternalError" in answer else 200, "DeleteObjects", answer[:300])

    def copy(self, bucket, source, target):
        _, _, answer = self.request("PUT", f"/{bucket}/{target}", headers={"x-amz-copy-source": f"/{bucket}/{source}"})
        if b"<Error>" in answer:
            raise self._late_refusal(answer)

    def multipart(self, bucket, key, parts):
        _, _, answer = self.request("POST", f"/{bucket}/{key}", [("uploads", "")])
        root = ElementTree.fromstring(answer)
        namespace = root.tag[: root.tag.index("}") + 1] if "}" in root.tag else ""
        upload = root.findtext(namespace + "UploadId")
        etags = []
        for number, part in enumerate(parts, 1):
            query = [("partNumber", str(number)), ("uploadId", upload)]
            etags.append(self.request("PUT", f"/{bucket}/{key}", query, part)[1]["ETag"])
        document = "<CompleteMultipartUpload>" + "".join(
            f"<Part><PartNumber>{n}</PartNumber><ETag>{etag}</ETag></Part>" for n, etag in enumerate(etags, 1)
        ) + "</CompleteMultipartUpload>"
        _, _, answer = self.request("POST", f"/{bucket}/{key}", [("uploadId", upload)], document.encode())
        if b"<Error>" in answer:
            raise self._late_refusal(answer)

    def list(self, bucket):
        """Every key, through all pages."""
        keys = []
        token = None
        while True:
            query = [("list-type", "2")] + ([("continuation-token", token)] if token else [])
            root = ElementTree.fromstring(self.request("GET", f"/{bucket}", query)[2])
            namespace = root.tag[: root.tag.index("}") + 1] if "}" in root.tag else ""
            keys += [entry.findtext(namespace + "Key") for entry in root.iter(namespace + "Contents")]
            token = root.findtext(namespace + "NextContinuationToken")
            if not token:
                return keys
