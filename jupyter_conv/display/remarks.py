"""Events that are told in one line of ours."""

from __future__ import annotations

from pydantic import BaseModel

from ..models import (
    ApprovalRequest,
    ApprovalResponse,
    FileChange,
    Plan,
    Thought,
    ToolCall,
    ToolResult,
    Usage,
)

__all__ = ["remark"]

_MAX = 500


def remark(detail: BaseModel) -> str | None:
    """The line, or None for what a reader of a transcript does not miss."""
    said = _remark(detail)
    return said if said is None or len(said) <= _MAX else said[:_MAX] + " …"


def _remark(detail: BaseModel) -> str | None:
    match detail:
        case ToolCall():
            return f"Tool {detail.title or detail.name}"
        case ToolResult():
            return f"{'Failed' if detail.is_error else 'Result'}: {detail.content}"
        case ApprovalRequest():
            return f"Waits for approval: {detail.title}"
        case ApprovalResponse():
            why = f": {detail.reason}" if detail.reason else ""
            return ("Approved" if detail.approved else "Denied") + why
        case Thought():
            return f"Thought: {detail.text}"
        case Plan():
            return "Plan: " + "; ".join(f"{e.content} ({e.status})" for e in detail.entries)
        case Usage():
            cost = f", ${detail.cost:.4f}" if detail.cost is not None else ""
            return f"{detail.model}: {sum(detail.tokens.values()):,} tokens{cost}"
        case FileChange():
            return f"{detail.change.capitalize()} {detail.path}"
    return None
