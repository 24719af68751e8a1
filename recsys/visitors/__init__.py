"""What is stored of visitors: profiles, ratings, feedback, events, and their backup."""
