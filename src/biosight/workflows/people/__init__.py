"""Workflows of people: accounts, members, links, mails and mentions."""
