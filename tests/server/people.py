"""A house with several people: who they are, what they may, and what was asked about them. The server loads this."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from jupyter_server.auth import Authorizer, IdentityProvider, User

from ..serving import TOKEN

NAMES = {
    TOKEN: "root",
    "ada-token": "ada",
    "bob-token": "bob",
    "eve-token": "eve",
    "ray-token": "ray",
}
"""Tokens, and whose they are: eve is allowed nothing, ray reads only, root is an admin."""


class People(IdentityProvider):
    """Knows people by their tokens."""

    def get_user(self, handler: Any) -> User | None:
        given = handler.request.headers.get("Authorization", "").removeprefix("token ")
        return User(NAMES[given]) if given in NAMES else None

    def is_token_authenticated(self, handler: Any) -> bool:
        return True


class Porter(Authorizer):
    """Writes down what it is asked."""

    def is_authorized(self, handler: Any, user: User, action: str, resource: str) -> bool:
        if resource.startswith("jupyter_conv:"):
            asked = [handler.request.method, handler.request.path, user.username, action, resource]
            with Path(os.environ["ASKED"]).open("a") as file:
                file.write(json.dumps(asked) + "\n")
        return user.username != "eve" and (action == "read" or user.username != "ray")
