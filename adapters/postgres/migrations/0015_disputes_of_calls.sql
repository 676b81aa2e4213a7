-- Calls and microphones can be disputed as well.
alter table disputes drop constraint disputes_kind_check;
alter table disputes add constraint disputes_kind_check
    check (kind in ('tip', 'stream_ticket', 'space_ticket', 'microphone', 'call'));
