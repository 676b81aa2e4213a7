"""The HTTP face: routes, bodies, errors, OpenAPI and the page's files.

`create_app(services)` makes the Quart-Trio app. A request is matched by `routing` on the path as it
was sent, read by `call` into the structs of `requests` (a bad one is refused naming its field),
handled in `handlers/`, and answered with a struct of `answers`. The same structs make the OpenAPI
document, so the two cannot drift apart.

Promises: every refusal is `{"error", "code", "field"?}` with the status of `problems`; what was not
expected is logged and a 500; nothing is answered as done before it is durable.
"""

from adapters.http.app import create_app
from adapters.http.services import Services
from adapters.http.settings import HttpSettings

__all__ = ["HttpSettings", "Services", "create_app"]
