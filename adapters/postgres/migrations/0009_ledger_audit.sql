-- A second opinion on every balance, added up from the rows after their commit and off their path.
create table ledger_audit (
    account text not null,
    asset text not null,
    posted minor_sum not null,
    pending_out minor_sum not null,
    pending_in minor_sum not null,
    primary key (account, asset)
) with (fillfactor = 50);

create table ledger_audit_place (
    only_row boolean primary key default true check (only_row),
    sequence bigint not null
);
insert into ledger_audit_place (sequence) values (0);
