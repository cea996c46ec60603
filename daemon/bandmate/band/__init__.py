"""The band that plays along live: who plays, what is planned, how it is led."""
