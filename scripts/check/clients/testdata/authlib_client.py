import os

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

site, token = os.environ["SITE"], os.environ["TOKEN"]
headers = {"Authorization": "Bearer " + token}


def session(client_id):
    return OAuth2Session(client_id, token_endpoint_auth_method="none")


def failure(request):
    try:
        response = request()
    except OAuthError as error:
        return error.error
    return response.json()["error"]


ours, other = session(os.environ["CLIENT_ID"]), session("other")
introspect = {"url": site + "/api/introspect", "token": token, "headers": headers}
revoke = {"url": site + "/api/revoke", "token": token, "headers": headers}
response = ours.introspect_token(**introspect)
print("active", str((response if isinstance(response, dict) else response.json())["active"]).lower())
print("client", failure(lambda: other.introspect_token(**introspect)))
print("client", failure(lambda: other.revoke_token(**revoke)))
response = ours.revoke_token(**revoke)
assert response.status_code == 200, response.text
print("revoked")
