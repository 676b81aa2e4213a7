"""Why somebody is not let in. The codes are part of the wire contract."""

from __future__ import annotations

from engine.refusal import Refusal


class Unauthorized(Refusal):
    """The proof of identity is missing, malformed or wrong. HTTP answers 401."""

    code = "unauthorized"


class LoginRequired(Unauthorized):
    """This needs an account and the caller is a guest."""

    code = "login_required"

    def __init__(self) -> None:
        super().__init__(
            "Log in first: send a session token or a signed challenge.", field="Authorization"
        )


class BadAuthorization(Unauthorized):
    """The Authorization header has none of the forms this server reads."""

    code = "bad_authorization"


class ChallengeMissing(Unauthorized):
    """A signature came without the text that was signed, so nothing can be verified."""

    code = "challenge_missing"

    def __init__(self) -> None:
        super().__init__(
            "The signature came without the text that was signed: "
            "send it as challenge in the body or as x-challenge.",
            field="challenge",
        )


class BadChallenge(Unauthorized):
    """The signed text is not a challenge of a known form, or is for somebody else."""

    code = "bad_challenge"


class ChallengeExpired(Unauthorized):
    """The challenge is older than five minutes, or from the future."""

    code = "challenge_expired"


class ChallengeUsed(Unauthorized):
    """The challenge was already spent, or this server never issued it."""

    code = "challenge_used"

    def __init__(self) -> None:
        super().__init__(
            "This challenge was used before or was not issued here: sign a new one.",
            field="challenge",
        )


class BadSignature(Unauthorized):
    """The signature does not prove the account. Which check failed is not said."""

    code = "bad_signature"

    def __init__(self) -> None:
        super().__init__(
            "The signature does not prove this account: "
            "sign the challenge with its posting, active or owner key.",
            field="signature",
        )


class TokenInvalid(Unauthorized):
    """The token was not issued by this server."""

    code = "token_invalid"

    def __init__(self) -> None:
        super().__init__("This token was not issued by this server: log in again.", field="token")


class TokenExpired(Unauthorized):
    """The token was good and is too old."""

    code = "token_expired"

    def __init__(self) -> None:
        super().__init__("This session has expired: log in again.", field="token")


class KeysUnavailable(Refusal):
    """No key directory could answer, so nobody can be verified now. HTTP answers 503."""

    code = "keys_unavailable"
    retryable = True

    def __init__(self, reason: str) -> None:
        super().__init__(
            "Account keys cannot be looked up right now: try again in a moment.", reason=reason
        )
        self.reason = reason
