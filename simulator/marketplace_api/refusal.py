"""Why a request is refused: an HTTP status and `{"error": {"code", "message"}}`; the message says what to send."""

from typing import Any, Final

OUTCOMES: Final = {401: "denied", 422: "user_error"}


class Refusal(Exception):
    """`outcome` is how the call goes into the history."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(message)

    @property
    def body(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message}}

    @property
    def outcome(self) -> str:
        return OUTCOMES.get(self.status, "bad_request")
