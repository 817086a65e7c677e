from accounts.models.api_key import ApiKey
from accounts.models.audit import AuditEvent, AuditHead
from accounts.models.email_change import EmailChange
from accounts.models.organization import Membership, Organization
from accounts.models.user import User

__all__ = ["ApiKey", "AuditEvent", "AuditHead", "EmailChange", "Membership", "Organization", "User"]
