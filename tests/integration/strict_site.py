"""A web page of somebody else, on an origin of its own, under a strict policy."""

import http.server

from origin import Origin

POLICY = (
    "default-src 'none'; script-src 'self' {service}; connect-src 'self' {service}; "
    "img-src 'self' {service}; style-src 'self'; require-trusted-types-for 'script'"
)
DOCUMENT = """\
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>A page of somebody else</title>
<body>
{body}
"""


class StrictSite(Origin):
    """Serves one page with what is in `body`; `service` is the one asked."""

    def __init__(self, service, body):
        document = DOCUMENT.format(body=body).encode()
        policy = POLICY.format(service=service)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(document)))
                self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(document)

        super().__init__(Handler)
        self.address = self.origin + "/"
