"""Networked-A-Frame: the dialects of its adapters, at the edge.

Pages come through the `socketio` or `webrtc` adapter (`joinRoom`, `send`, `broadcast`), through
`uws` (the same as raw JSON frames), or through `wseasyrtc` or `easyrtc` (`easyrtcAuth`,
`easyrtcCmd`, `easyrtcMsg`), on the same server and in any namespace. What they mean is decided by
the session and the space; here it is read, and what the space tells is written in each page's own
dialect, once for all pages that read the same.

`desk` is what the bridge knows; `socketio_page` and `easyrtc_page` are the dialects, `easyrtc` and
`easyrtc_errors` the shapes of the second, `rooms` says which space a room is, `avatar`
where somebody stands.
"""
