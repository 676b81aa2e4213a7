select settings, chat_enabled, voice_enabled, guests_allowed, max_users, created_by, tick_hz
from presence_space_settings where space_type = $1 and space_id = $2
