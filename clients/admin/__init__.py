"""The Django admin of the book of record. `segmentation.admin` adds where a run places each client."""

from clients.admin.categories import CategoryAdmin
from clients.admin.clients import ClientAdmin
from clients.admin.contacts import ContactAdmin
from clients.admin.people import PeopleAdmin, RoleAdmin
from clients.admin.rights import ErasureAdmin, ObjectionAdmin
from clients.admin.syncs import SourceSyncAdmin

__all__ = [
    "CategoryAdmin",
    "ClientAdmin",
    "ContactAdmin",
    "ErasureAdmin",
    "ObjectionAdmin",
    "PeopleAdmin",
    "RoleAdmin",
    "SourceSyncAdmin",
]
