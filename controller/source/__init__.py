"""The first step of the way: the files of one commit out of git (or of a plain folder), never by a checkout."""
