"""Which scope or approval a field of the Admin API needs that the app lacks, and the error that it is then answered.

It is decided for whole documents by the lean executor, and field by field by graphql-core, where it denies.
"""

from typing import Final

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_object_type,
)

from stockstorm.simulator.shop.app import App
from stockstorm.simulator.shop.scopes import missing_scope, needed_scopes

DENIED_CODE: Final = "ACCESS_DENIED"
DOCUMENTATION: Final = "https://shopify.dev/api/usage/access-scopes"
PROTECTED_DOCUMENTATION: Final = "https://shopify.dev/docs/apps/launch/protected-customer-data"
# Recorded errors of these root fields do not say which scope is missing.
WITHOUT_SCOPE_TEXT: Final = frozenset({"locations", "staffMembers", "stagedUploadsCreate", "scriptTags"})
# Recorded texts that name fewer scopes than the schema does.
RECORDED_TEXTS: Final = {"orders": "`read_orders` access scope."}


def may_use(app: App, element: str) -> bool:
    """Whether the app may use the element of a field."""
    return not missing_scope(element, app.granted) and app.approved(element)


def denial(app: App, element: str, field: str) -> GraphQLError | None:
    """The error of a field whose element the app may not use; None if it may."""
    if text := missing_scope(element, app.granted):
        return access_denied(field, RECORDED_TEXTS.get(field, text))
    return None if app.approved(element) else not_approved(element)


def element_of(on: GraphQLNamedType, field: GraphQLField, name: str) -> str:
    """The element whose scopes a field needs. A connection needs what its nodes need. "" if it needs none."""
    own = f"{on.name}.{name}"
    if needed_scopes(own):
        return own
    found = get_named_type(field.type)
    if found.name.endswith("Connection") and isinstance(found, GraphQLObjectType):
        found = get_named_type(found.fields["nodes" if "nodes" in found.fields else "edges"].type)
    return found.name if is_object_type(found) and needed_scopes(found.name) else ""


def access_denied(field: str, text: str) -> GraphQLError:
    """The recorded error of a field that needs a scope. `text` is that of `missing_scope`."""
    message = f"Access denied for {field} field."
    extensions = {"code": DENIED_CODE, "documentation": DOCUMENTATION}
    if field in WITHOUT_SCOPE_TEXT:
        return GraphQLError(message, extensions=extensions)
    return GraphQLError(f"{message} Required access: {text}", extensions={**extensions, "requiredAccess": text})


def not_approved(element: str) -> GraphQLError:
    """The captured error of an object with customer data that the app is not approved to read."""
    message = (
        f"This app is not approved to access the {element} object. See {PROTECTED_DOCUMENTATION} for more details."
    )
    return GraphQLError(message, extensions={"code": DENIED_CODE, "documentation": PROTECTED_DOCUMENTATION})
