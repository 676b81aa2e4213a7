"""Who hears whom: the rules of the audio modes, over arrays, in integers.

The space gathers a `Crowd` (arrays, a row a body) and `Terms` (mode, speaker, range …) and asks a
`HearingRule` at each tick; the answer is a `Relation`, and `diff` of two of them is what is sent.
Nothing here reads a clock, draws chance or waits, and every decision is made in integers, so that
every machine decides alike. docs/rules/hearing.md and docs/rules/partners.md have the worked
figures.

=====================  ============================================================
`crowd`                what the rules are given
`relation`             what they answer: links, and the difference of two answers
`sound`                gain and pan of a link
`grid`, `nearby`       the nearest voices of each listener, anew or where people moved
`broadcast`            who is heard by everybody: the speaker and microphones
`partners`             super ambient's graph of pairs
`rule`                 one `HearingRule` a space puts them together
`changes`              links with their kind as numbers, and what changed between two answers
`gathering`            the crowd and terms of a space, kept up to date
`told`                 what each listener has been told, and what is news to them
`ears`                 the space's message family: when to listen, and whom to tell
`ledger`               who could hear whom at each moment that has passed, as bytes
`ledger_keeper`        has them cut into batches and kept
`ledger_export`        a moment of them as rows
`looks`                one's own links, everybody's, and those that would be
=====================  ============================================================
"""
