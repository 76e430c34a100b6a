"""Which page is where."""

from django.contrib import admin
from django.contrib.auth import views as doors
from django.urls import include, path

urlpatterns = [
    path("login/", doors.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", doors.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("", include("agents.urls")),
]
