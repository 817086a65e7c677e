"""Who did or read what, when and why: a chain that shows every later change. No health data."""

from typing import Any

from django.db import models


class AuditEvent(models.Model):
    """One link of the chain. No foreign keys: the trail neither blocks nor follows a deletion."""

    seq = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=64, help_text="user:<id>, patient, system or client:<id>")
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    purpose = models.CharField(max_length=60, blank=True)
    request_id = models.CharField(max_length=36, blank=True)
    key_id = models.CharField(max_length=20)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="audit_object"),
            models.Index(fields=["actor", "at"], name="audit_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action} {self.object_type}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only accounts.audit appends; a link is never saved again."""
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("the audit trail is append-only")


class AuditHead(models.Model):
    """The last link and the count, signed, outside the chain's own table: a cut tail shows."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    count = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)
    key_id = models.CharField(max_length=20)
    seal = models.CharField(max_length=64, help_text="HMAC over count and digest")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="audit_head_single")]

    def __str__(self) -> str:
        return f"head of {self.count} links"
