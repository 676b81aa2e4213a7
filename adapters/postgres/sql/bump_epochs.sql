insert into actor_epoch (actor, epoch) select actor, 1 from unnest($1::text[]) as a (actor)
order by actor
on conflict (actor) do update set epoch = actor_epoch.epoch + 1, since = now()
returning actor, epoch
