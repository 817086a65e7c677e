"""People who sign in. Patients do not: they hold a private link."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A user who signs in with `email`, compared without regard to case."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A user of the operator's staff. No rank here opens a referral."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody at a clinic, at a referring practice, or of the operator's staff."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="works for the operator: /staff/")
    is_verifier = models.BooleanField(default=False, help_text="may check facts and decide claims")
    date_joined = models.DateTimeField(auto_now_add=True)
    sign_ins_ended = models.PositiveIntegerField(
        default=0, help_text="how often all sign-ins were ended at once: a session from before is none"
    )

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            models.CheckConstraint(
                condition=models.Q(is_verifier=False) | models.Q(is_staff=True),
                name="user_verifier_is_staff",
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"user {self.pk}"

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must hold to be this user's. Sessions end with the password, or by `sign_ins.end_all`."""
        of_password: str = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]
        if not self.sign_ins_ended:
            return of_password
        salt = f"accounts sign-ins {self.sign_ins_ended}"
        return salted_hmac(salt, of_password, secret=secret, algorithm="sha256").hexdigest()
