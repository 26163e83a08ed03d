"""What can go wrong beneath the desk's use cases.

DeskError
├── BackendError
│   ├── UnknownOutcomeError      it may have taken effect or not: try again, with the same id
│   │   ├── UnreachableError     nothing came back
│   │   └── UnclearAnswerError   what came back is no answer: 5xx, busy, cut short, another server's page
│   ├── UnauthenticatedError     the token is not accepted; nothing took effect
│   └── RefusedError             the backend said no, and why; nothing took effect
├── ExportError              a file could not be written, and there is none of that name now that was not there before
├── DraftExistsError             a turn has one draft, and there is one already
└── StoreError                   this computer could not keep or read it; nothing is claimed to be saved
"""

from console.contract.problems import Problem, ProblemCode


class DeskError(Exception):
    """Any of these; its text is a sentence for the person at the desk."""


class BackendError(DeskError):
    """The backend did not do what was asked, as far as is known."""


class UnknownOutcomeError(BackendError):
    """Whether it took effect is not known. `retry_after`: seconds the backend asked to be left alone, if it did."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class UnreachableError(UnknownOutcomeError):
    """Nothing came back: no connection, a reset, silence."""


class UnclearAnswerError(UnknownOutcomeError):
    """Something came back that is no answer."""


class UnauthenticatedError(BackendError):
    """The token is not, or no longer, accepted."""


class RefusedError(BackendError):
    """The backend refused for good; `problem` says why and, where that is the reason, who holds the claim."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(_sentences(problem.title, problem.detail))
        self.problem = problem

    @property
    def code(self) -> ProblemCode:
        """The kind of refusal."""
        return self.problem.type


class DraftExistsError(DeskError):
    """A turn has one draft, and there is one already that somebody worked on, or another desk took it up."""

    def __init__(self) -> None:
        super().__init__("This turn has another draft by now: submit or discard that one first.")


class ExportError(DeskError):
    """The file that was asked for could not be written; what was there before is as it was."""


class StoreError(DeskError):
    """The profile's file could not be read or written."""


def _sentences(*parts: str) -> str:
    """Return what was said, each part closed like a sentence, so that none runs into the next."""
    said = (part.strip() for part in parts)
    return " ".join(part if part.endswith((".", "!", "?", "\u2026")) else f"{part}." for part in said if part)
