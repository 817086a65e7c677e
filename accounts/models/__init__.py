from accounts.models.audit import AuditEvent, AuditHead
from accounts.models.organization import Membership, Organization
from accounts.models.user import User

__all__ = ["AuditEvent", "AuditHead", "Membership", "Organization", "User"]
