"""Pictures of a review queue as the API shows them.

Not here: which pictures are drawn (review/queue.py, review/verified_names.py,
review/count_question.py).
"""

from pydantic import BaseModel

from biosight.web.schemas.pictures import ImageOut


class DrawnOut(BaseModel):
    """An image of the review queue and why it was drawn: random, margin, names or count."""

    image: ImageOut
    via: str


class QueueOut(BaseModel):
    """The next images to review, and how many wait in all; in the queue of names, how many names
    do."""

    images: list[DrawnOut]
    waiting: int
