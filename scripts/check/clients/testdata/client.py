import os

from kinde_functions_client import Client
from kinde_functions_client.api.account import get_account, get_user_profile
from kinde_functions_client.api.session import get_session
from kinde_functions_client.models import Account, Problem, SignedIn, SignedOut, UserProfile

site = os.environ["SITE"]
bearer = Client(base_url=site, headers={"Authorization": "Bearer " + os.environ["TOKEN"]})
cookie = Client(base_url=site, headers={"Cookie": os.environ["COOKIE"], "X-CSRF": "1"})
anonymous = Client(base_url=site)

profile = get_user_profile.sync(client=bearer)
assert isinstance(profile, UserProfile), profile
print("profile", profile.sub)

account = get_account.sync(client=bearer, include="profile,roles")
assert isinstance(account, Account), account
print("account", account.profile.sub, account.roles.data.roles[0].key)

session = get_session.sync(client=cookie)
assert isinstance(session, SignedIn), session
print("session", str(session.authenticated).lower(), session.user.id)

none = get_session.sync(client=anonymous)
assert isinstance(none, SignedOut), none
print("signed out", str(none.authenticated).lower())

refused = get_user_profile.sync(client=anonymous)
assert isinstance(refused, Problem), refused
print("error", refused.status, refused.code.value)
