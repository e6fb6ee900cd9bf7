"""A function that whoever has logged in may call, and that works with the rights of its owner."""

from migrator.verifying.checks import Check
from migrator.verifying.checks.v310_anon_security_definer_function_executable import callable_by

CHECK = Check(
    code="V311",
    name="authenticated_security_definer_function_executable",
    severity="warning",
    title="a function that works with the rights of its owner may be called by every user",
    message="`authenticated` may call `{identity}` of the API{how}, and it works with the rights of its owner "
    "`{owner}`",
    hint="`revoke execute on function {identity} from {givers}`, or `security invoker`",
    supabase_only=True,
    query=callable_by("authenticated"),
)
