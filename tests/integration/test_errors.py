"""Error documents as a client gets them: the elements by which a person or an SDK finds the cause."""
import http.client
import xml.etree.ElementTree as ET


def refuse(server, method, target, headers=()):
    """Status, headers and the elements of the error document of one plain request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, target, headers=dict(headers))
        answer = connection.getresponse()
        document = ET.fromstring(answer.read())
        assert document.tag == "Error"
        return answer.status, answer.headers, {element.tag: element.text for element in document}
    finally:
        connection.close()


def test_ids_in_the_document_are_those_of_the_head(server):
    for target in ("/", "/no-such-bucket/key", "/%zz"):
        _, headers, error = refuse(server, "GET", target)
        assert error["RequestId"] == headers["x-amz-request-id"]
        assert error["HostId"] == headers["x-amz-id-2"] and len(error["HostId"]) > 16
