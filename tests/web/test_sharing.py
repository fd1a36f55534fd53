"""Two people see nothing of each other's, unless shared, and then by role."""

from collections.abc import Callable

from starlette.testclient import TestClient

from tests import tiny
from tests.conftest import first_collection, upload_ids

Another = Callable[[str], TestClient]


def share(owner: TestClient, guest: TestClient, collection: str, role: str) -> None:
    email = guest.get("/api/v1/me").json()["email"]
    offer = {"email": email, "role": role}
    path = f"/api/v1/collections/{collection}/invitations"
    made = owner.post(path, json=offer)
    assert made.status_code == 201
    secret = made.json()["path"].split("#")[1]
    assert guest.post("/api/v1/join", json={"secret": secret}).status_code == 200


def adopt(admin: TestClient, email: str) -> None:
    """Say that an account is its address's."""
    users = admin.get("/api/v1/admin/users").json()["users"]
    (user,) = [u["id"] for u in users if u["email"] == email]
    answer = admin.patch(f"/api/v1/admin/users/{user}", json={"proved": True})
    assert answer.json()["proved"] is True


def test_everything_foreign_is_404(ada: TestClient, another: Another) -> None:
    bob = another("bob@example.org")
    mine, theirs = first_collection(ada), first_collection(bob)
    image = upload_ids(ada, mine, "Red")[0]
    body = {"kind": "relabel", "label": "Fox", "images": [image]}
    act = ada.post(f"/api/v1/collections/{mine}/acts", json=body).json()["act"]
    for method, path, json in (
        ("GET", f"/api/v1/collections/{mine}", None),
        ("GET", f"/api/v1/collections/{mine}/images", None),
        ("GET", f"/api/v1/collections/{mine}/labels", None),
        ("GET", f"/api/v1/collections/{mine}/zip", None),
        ("GET", f"/api/v1/collections/{mine}/csv", None),
        ("GET", f"/api/v1/collections/{mine}/members", None),
        ("GET", f"/api/v1/collections/{mine}/queue", None),
        ("DELETE", f"/api/v1/collections/{mine}", None),
        ("PATCH", f"/api/v1/collections/{mine}", {"name": "x"}),
        ("POST", f"/api/v1/collections/{mine}/acts", {"kind": "confirm", "images": [image]}),
        ("POST", f"/api/v1/collections/{mine}/known", {"sha256": []}),
        ("POST", f"/api/v1/collections/{mine}/labels/rename", {"old": "Fox", "new": "x"}),
        ("GET", f"/api/v1/images/{image}", None),
        ("GET", f"/api/v1/images/{image}/original", None),
        ("GET", f"/api/v1/images/{image}/thumbnail", None),
        ("GET", f"/api/v1/images/{image}/view", None),
        ("GET", f"/api/v1/images/{image}/history", None),
        ("GET", f"/api/v1/images/{image}/neighbours", None),
        ("PATCH", f"/api/v1/images/{image}", {"label": "x"}),
        ("POST", f"/api/v1/acts/{act}/undo", {}),
        ("GET", f"/collections/{mine}", None),
        ("GET", f"/images/{image}", None),
        ("GET", "/admin", None),
    ):
        assert bob.request(method, path, json=json).status_code == 404, (method, path)
    to_mine = {"kind": "move", "target": mine, "images": []}
    assert bob.post(f"/api/v1/collections/{theirs}/acts", json=to_mine).status_code == 404
    upload = bob.post(
        f"/api/v1/collections/{mine}/images", files={"file": ("a.jpg", tiny.picture("Red", 9))}
    )
    assert upload.status_code == 404
    assert mine not in bob.get("/api/v1/collections").text
    zipped = bob.post(f"/api/v1/collections/{theirs}/zip", data={"images": f'["{image}"]'})
    assert b"Red" not in zipped.content


def test_roles(ada: TestClient, another: Another) -> None:
    bob = another("bob@example.org")
    mine = first_collection(ada)
    image = upload_ids(ada, mine, "Red")[0]
    share(ada, bob, mine, "viewer")
    path = f"/api/v1/collections/{mine}"
    assert bob.get(f"/api/v1/images/{image}").status_code == 200
    assert bob.patch(f"/api/v1/images/{image}", json={"label": "Fox"}).status_code == 403
    member = bob.get("/api/v1/me").json()["id"]
    ada.patch(f"{path}/members/{member}", json={"role": "editor"})
    assert bob.patch(f"/api/v1/images/{image}", json={"label": "Fox"}).status_code == 200
    assert bob.patch(path, json={"name": "x"}).status_code == 403
    assert bob.delete(path).status_code == 403
    assert bob.delete(f"{path}/trash").status_code == 403
    me = ada.get("/api/v1/me").json()["id"]
    assert bob.delete(f"{path}/members/{me}").status_code == 403
    assert ada.delete(f"{path}/members/{me}").status_code == 409
    assert bob.delete(f"{path}/members/{member}").status_code == 204
    assert bob.get(path).status_code == 404


def test_an_owner_undoes_what_an_editor_did_and_not_the_other_way(
    ada: TestClient, another: Another
) -> None:
    bob = another("bob@example.org")
    mine = first_collection(ada)
    image = upload_ids(ada, mine, "Red")[0]
    share(ada, bob, mine, "editor")
    path = f"/api/v1/collections/{mine}/acts"
    theirs = bob.post(path, json={"kind": "relabel", "label": "Fox", "images": [image]}).json()
    assert ada.post(f"/api/v1/acts/{theirs['act']}/undo", json={}).status_code == 200
    own = ada.post(path, json={"kind": "confirm", "images": [image]}).json()
    assert bob.post(f"/api/v1/acts/{own['act']}/undo", json={}).status_code == 403


def test_an_invitation_tells_nobody_whether_the_address_has_an_account(ada: TestClient) -> None:
    path = f"/api/v1/collections/{first_collection(ada)}/invitations"
    answers = [
        ada.post(path, json={"email": email, "role": "viewer"})
        for email in ("ada@example.org", "nobody@example.org")
    ]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].json().keys() == answers[1].json().keys()


def test_offers_can_be_declined_and_withdrawn(ada: TestClient, another: Another) -> None:
    bob, mine = another("bob@example.org"), first_collection(ada)
    adopt(ada, "bob@example.org")
    path = f"/api/v1/collections/{mine}/invitations"
    offer = {"email": "bob@example.org", "role": "viewer"}
    first = ada.post(path, json=offer).json()["id"]
    assert ada.post(f"/api/v1/offers/{first}", json={"accept": True}).status_code == 404
    bob.post(f"/api/v1/offers/{first}", json={"accept": False})
    assert bob.get(f"/api/v1/collections/{mine}").status_code == 404
    second = ada.post(path, json=offer).json()["id"]
    ada.delete(f"{path}/{second}")
    assert bob.get("/api/v1/offers").json() == []


def test_a_trashed_collection_hides_and_comes_back_whole(ada: TestClient, another: Another) -> None:
    bob, mine = another("bob@example.org"), first_collection(ada)
    image = upload_ids(ada, mine, "Red")[0]
    share(ada, bob, mine, "editor")
    assert ada.delete(f"/api/v1/collections/{mine}").status_code == 204
    for who in (ada, bob):
        assert who.get(f"/api/v1/collections/{mine}").status_code == 404
        assert who.get(f"/api/v1/images/{image}").status_code == 404
    assert ada.get("/api/v1/collections?trash=true").json()[0]["id"] == mine
    assert bob.post(f"/api/v1/collections/{mine}/restore").status_code == 403
    assert ada.post(f"/api/v1/collections/{mine}/restore").status_code == 200
    assert bob.get(f"/api/v1/images/{image}").status_code == 200


def test_a_collection_can_be_removed_for_good(ada: TestClient) -> None:
    mine = first_collection(ada)
    image = upload_ids(ada, mine, "Red")[0]
    assert ada.delete(f"/api/v1/collections/{mine}/forever").status_code == 404
    ada.delete(f"/api/v1/collections/{mine}")
    assert ada.delete(f"/api/v1/collections/{mine}/forever").status_code == 204
    assert ada.get("/api/v1/collections?trash=true").json() == []
    assert ada.get(f"/api/v1/images/{image}").status_code == 404


def test_favourites_and_names(ada: TestClient) -> None:
    path = f"/api/v1/collections/{first_collection(ada)}"
    changed = ada.patch(path, json={"name": "  Ponds  ", "favourites": ["Newt", "Newt", "Frog"]})
    assert changed.json()["name"] == "Ponds"
    assert changed.json()["favourites"] == ["Newt", "Frog"]
    assert ada.patch(path, json={"name": ""}).status_code == 400
