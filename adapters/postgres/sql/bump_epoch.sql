insert into actor_epoch (actor, epoch) values ($1, 1)
on conflict (actor) do update set epoch = actor_epoch.epoch + 1, since = now()
returning epoch
