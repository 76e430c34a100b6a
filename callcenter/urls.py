"""Which page is where."""

from django.contrib import admin
from django.contrib.auth import views as doors
from django.urls import URLPattern, URLResolver, include, path, re_path

from agents.signing_in import SignInForm
from agents.views import SignOut
from calls.api import openapi

api: list[URLPattern | URLResolver] = [
    path("schema", openapi.Document.as_view(), name="api-schema"),
    path("docs", openapi.docs, name="api-docs"),
    path("", include("calls.api.urls")),
    path("", include("agents.api.urls")),
]
LOGIN = doors.LoginView.as_view(redirect_authenticated_user=True, authentication_form=SignInForm)
urlpatterns = [
    path("login/", LOGIN, name="login"),
    path("logout/", SignOut.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("api/v1/", include(api)),
    re_path("^api/", openapi.NoSuchAddress.as_view()),
    path("", include("agents.urls")),
]
handler400 = "calls.api.problems.bad_request"
handler500 = "calls.api.problems.server_error"
