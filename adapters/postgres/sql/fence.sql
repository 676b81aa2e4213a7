select true from actor_epoch where actor = $1 and epoch = $2 for share
