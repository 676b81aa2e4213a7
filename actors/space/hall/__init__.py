"""The hall: who has the floor in a space, by which rules, and how that is kept.

`state` is one frozen value with everything durable about audio modes, the speaker, microphones,
questions, mutes and bans; `deeds` are what people do to it; `decide` is the table from deed to
rule; the rules are pure (`floor`, `moderation`, `microphones`, `questions` beside this package).
`family` decides at once, `commits` writes what changed under the space's epoch and only then
answers and tells: what somebody was told is durable.
"""
