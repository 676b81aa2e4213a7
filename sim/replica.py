"""The content replica in memory: posts and documents, and what they say of spaces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from actors.space.entry import SPACE_CONTENT_TYPES
from actors.space.space_id import SpaceId
from actors.store import ListedSpace, ListSpaces, SpaceFacts

_DESCRIPTION_MAX = 280  # characters of a post's text


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A row of the content replica: a post that may be a space."""

    author: str
    permlink: str
    type: str
    title: str | None = None
    content: str | None = None
    votes: int = 0
    rating: float | None = None
    hidden: bool = False
    flagged: bool = False
    created_at_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A row of the content replica: a collaborative document and its permissions."""

    id: str
    owner: str
    permlink: str | None = None
    document_name: str | None = None
    description: str | None = None
    is_public: bool = False
    created_at_us: int = 0
    permissions: tuple[tuple[str, str], ...] = ()


def facts_of(
    space: SpaceId,
    posts: Mapping[tuple[str, str], Post],
    documents: Mapping[str, Document],
) -> SpaceFacts:
    """Return what the replica knows of a space."""
    author, _, permlink = space.id.partition("/")
    if space.type == "post" and (post := posts.get((author, permlink))):
        return SpaceFacts(
            known=True,
            display_name=post.title,
            description=_shortened(post.content),
            content_type=post.type,
            author=post.author,
            hidden=post.hidden or post.flagged,
        )
    if space.type == "document" and (document := _document(space.id, documents)):
        return SpaceFacts(
            known=True,
            display_name=document.document_name,
            description=document.description,
            author=document.owner,
            public=document.is_public,
            permissions=tuple(sorted(document.permissions)),
        )
    return SpaceFacts(known=False)


def _document(id_: str, documents: Mapping[str, Document]) -> Document | None:
    """Return the document of this id, or else the one at this owner and permlink."""
    if id_ in documents:
        return documents[id_]
    owner, _, permlink = id_.partition("/")
    at_path = (d for d in documents.values() if (d.owner, d.permlink) == (owner, permlink))
    return next(at_path, None)


def list_spaces(
    request: ListSpaces, posts: Iterable[Post], documents: Iterable[Document]
) -> tuple[ListedSpace, ...]:
    """Return one page of posts, then one page of the documents that the caller may see."""
    page = slice(request.offset, request.offset + request.limit)
    listed: list[ListedSpace] = []
    if request.type != "document":
        shown = [
            post
            for post in posts
            if post.type in SPACE_CONTENT_TYPES
            and request.type in {None, post.type}
            and not (post.hidden or post.flagged)
        ]
        shown.sort(key=lambda post: (-post.created_at_us, post.author, post.permlink))
        listed += [_listed_post(post) for post in shown[page]]
    if request.type in {None, "document"}:
        visible = [document for document in documents if _may_see(request.caller, document)]
        visible.sort(key=lambda document: (-document.created_at_us, document.id))
        listed += [_listed_document(document) for document in visible[page]]
    return tuple(listed)


def _may_see(caller: str | None, document: Document) -> bool:
    if document.is_public:
        return True
    shared_with = {account for account, _ in document.permissions}
    return caller is not None and (caller == document.owner or caller in shared_with)


def _listed_post(post: Post) -> ListedSpace:
    return ListedSpace(
        space_type="post",
        space_id=f"{post.author}/{post.permlink}",
        display_name=post.title or post.permlink,
        description=_shortened(post.content),
        type=post.type,
        votes=post.votes,
        rating=post.rating,
        created_at_us=post.created_at_us,
    )


def _listed_document(document: Document) -> ListedSpace:
    return ListedSpace(
        space_type="document",
        space_id=document.id,
        display_name=document.document_name or document.id,
        description=document.description,
        type="document",
        votes=0,
        rating=None,
        created_at_us=document.created_at_us,
    )


def _shortened(text: str | None) -> str | None:
    return None if text is None else text[:_DESCRIPTION_MAX]
