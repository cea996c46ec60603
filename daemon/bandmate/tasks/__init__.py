"""What a musician asks for, each in terms of prompts, grammar and sampling."""
