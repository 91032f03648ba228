"""Who calls, and what the document lets each of them do."""

import dataclasses

NOBODY, HOUSEHOLDER = "nobody", "householder"
METHODS = ("get", "post", "put", "patch", "delete")


@dataclasses.dataclass(frozen=True)
class Caller:
    name: str
    # The header by which the service knows them.
    header: tuple[str, str] | None = None
    scopes: frozenset[str] | None = None

    def may(self, operation):
        """Whether the document lets them do an operation."""
        return not operation.get("security") or self.must_be_known(operation)

    def must_be_known(self, operation):
        """Whether they may, and not everybody may."""
        return any(self.meets(requirement) for requirement in operation.get("security", []))

    def is_tried_on(self, operation):
        """Whether random requests for it are made as them."""
        return self.must_be_known(operation) if operation.get("security") else self.name == NOBODY

    def meets(self, requirement):
        if "householder_code" in requirement:
            return self.name == HOUSEHOLDER
        return self.scopes is not None and "oauth2" in requirement and self.scopes.issuperset(requirement["oauth2"])

    def refused(self):
        """What they are answered where they may not: whom the service knows lacks a scope, all others a token or code."""
        return 401 if self.scopes is None else 403


def operations(document):
    """Each documented operation: its id, method, path and description."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield item[method]["operationId"], method, path, item[method]
