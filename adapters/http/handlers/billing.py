"""What somebody's account did over a period, as JSON or as a spreadsheet."""

from __future__ import annotations

import msgspec

from actors.ledger.accounts import user_main
from adapters.http.call import Answer, Call, Download
from adapters.http.money_problems import OperatorsOnly
from adapters.http.money_requests import StatementQuery
from adapters.http.once import proven
from adapters.http.routing import Nothing
from adapters.http.statements import billing_statement


async def statement(call: Call, query: StatementQuery, _body: Nothing) -> Answer | Download:
    """Return the caller's statement; operators may ask for anybody's.

    Raises:
        OperatorsOnly: it is somebody else's.
        Refusal: see `billing_statement`.
    """
    who = await proven(call)
    account = query.account or who
    if account != who and not (await call.caller()).admin:
        raise OperatorsOnly
    file = await billing_statement(
        call.services.store,
        account=user_main(account),
        asset=query.asset,
        now_us=call.services.now_us(),
        from_text=query.from_,
        until_text=query.to,
        after=query.after,
        form=query.format,
    )
    if query.format == "csv":
        return Download(text=file.text, media_type=file.content_type, file_name=file.name)
    return Answer(200, msgspec.Raw(file.text.encode()))
