"""A column whose name tells of a secret, in a table that the API serves without row level security."""

from migrator.verifying.checks import Check

ENDING = (
    r"(pass(word|wd|phrase|code)|pwd|secret|secret_key|private_key|api_?key|auth_key|access_token|refresh_token"
    r"|(oauth|session|bearer|auth|reset|recovery|confirmation|invite|verification|device|csrf|api)_token"
    r"|(auth|recovery|backup|verification|swift)_code|session_(id|key|secret)|otp|(2fa|mfa|totp|two_factor)_(secret|code)"
    r"|ssn|social_security(_number)?|(drivers?_)?license_number|drivers?_license|passport_(number|id|no)|national_id|tax_id"
    r"|credit_card(_number)?|card_number|cvv|cvc|cvn|bank_account(_number)?|account_number|routing_number|iban"
    r"|(health|medical)_(record|insurance)|patient_id|insurance_number|mac_address|imei|device_uuid"
    r"|(pgp|gpg|ssh|license|activation)_key|facial_recognition)"
)
"""With anything before it, and behind it what says how it is kept: `user_password`, `password_hash`."""

WHOLE = r"(token|jwt|bic|treatment|diagnosis|certificate|macaddr|fingerprint|biometric|two_factor)"
"""Too common a word to count inside a longer name."""

NAMED = rf"^((.*_)?{ENDING}(_(hash|hashed|digest|encrypted|enc|salt))?|{WHOLE})$"

CHECK = Check(
    code="V308",
    name="sensitive_columns_exposed",
    severity="error",
    title="a column that may hold a secret is in a table that the API serves without row level security",
    message="column `{column}` of `{table}` may hold a secret, and row level security is off: {roles} may select it",
    hint="`alter table {table} enable row level security`",
    supabase_only=True,
    # `passwordHash` and `Password-Hash` are `password_hash`; when a password was changed, or whether there is one, is
    # no secret
    query=rf"""
select 'column', r.identity || '.' || quote_ident(a.attname), jsonb_build_object(
    'column', a.attname, 'table', r.identity, 'roles', string_agg('`' || h.rolname || '`', ' and ' order by h.rolname))
from relation r join reach h on h.oid = r.oid and h.reads
    join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid and t.typcategory not in ('B', 'D', 'T')
where r.relkind in ('r', 'p') and not r.relrowsecurity
    and lower(replace(regexp_replace(a.attname, '([a-z0-9])([A-Z])', '\1_\2', 'g'), '-', '_')) ~ '{NAMED}'
    and has_column_privilege(h.role, r.oid, a.attnum, 'select')
group by r.identity, a.attname
""",
)
