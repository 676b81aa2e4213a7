"""Why something cannot be done with an endpoint of webhooks."""

from __future__ import annotations

from engine.refusal import Refusal


class EndpointNotFound(Refusal):
    """There is none of this id, or it is somebody else's."""

    code = "endpoint_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such endpoint of yours.")


class DeliveryNotFound(Refusal):
    """The endpoint was never told of such an event."""

    code = "delivery_not_found"

    def __init__(self) -> None:
        super().__init__("This endpoint has no delivery of that event.")


class TooManyEndpoints(Refusal):
    """The account has as many as it may have."""

    code = "too_many_endpoints"

    def __init__(self, endpoints_max: int) -> None:
        super().__init__(
            f"You have {endpoints_max} endpoints, as many as one may have: delete one first.",
            endpoints_max=endpoints_max,
        )


class EndpointDisabled(Refusal):
    """Nothing is sent to it until its owner enables it again."""

    code = "endpoint_disabled"

    def __init__(self, because: str) -> None:
        super().__init__(f"This endpoint is disabled ({because}): enable it first.")
