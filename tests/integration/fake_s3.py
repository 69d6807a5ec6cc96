"""An S3 server of a few lines that lies, stalls or fails when told to. It keeps what it is given and checks no signature."""
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FakeS3:
    """`change` gets (method, path, body of the answer) and returns the body to send instead; it may sleep. `status` of an
    answer to GET may be changed too. `tls` is the file of a certificate and its key."""

    def __init__(self, change=None, get_status=200, tls=None):
        self.objects = {}
        self.change = change or (lambda method, path, body: body)
        self.get_status = get_status
        self.requests = 0
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1  # head and body leave together

            def handle_one(self):
                fake.requests += 1
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                path = self.path.split("?")[0]
                status, answer = 200, b""
                if self.command == "PUT":
                    fake.objects[path] = body
                elif self.command == "DELETE":
                    fake.objects.pop(path, None)
                    status = 204
                elif path.count("/") > 1:
                    status, answer = fake.find(path)
                answer = fake.change(self.command, path, answer)
                self.send_response(status)
                if status != 204:
                    self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer)
                self.wfile.flush()

            do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = handle_one

            def log_message(self, *arguments):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request, client_address):
                pass  # clients that go away are part of the tests

        self.server = Server(("127.0.0.1", 0), Handler)
        self.scheme = "https" if tls else "http"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            # Hands are shaken by the thread of the connection, so that a refusal holds nobody up.
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def find(self, path):
        if self.get_status != 200:
            return self.get_status, b"<Error><Code>SlowDown</Code></Error>"
        if path not in self.objects:
            return 404, b"<Error><Code>NoSuchKey</Code></Error>"
        return 200, self.objects[path]

    @property
    def endpoint(self):
        return f"{self.scheme}://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *problem):
        self.server.shutdown()
        self.server.server_close()


class StallOnce:
    """Answers to GET wait while the stall lasts: it begins `after` seconds after the first GET and takes `lasting`."""

    def __init__(self, after, lasting):
        self.after, self.lasting = after, lasting
        self.first = None
        self.lock = threading.Lock()

    def __call__(self, method, path, body):
        if method == "GET":
            with self.lock:
                self.first = self.first or time.monotonic()
            into = time.monotonic() - self.first - self.after
            if 0 <= into < self.lasting:
                time.sleep(self.lasting - into)
        return body
