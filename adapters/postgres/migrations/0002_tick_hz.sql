-- How often a space publishes poses; null: as the server is configured.
alter table presence_space_settings
    add column tick_hz smallint check (tick_hz between 5 and 30);
