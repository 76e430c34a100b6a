"""The API of calls, lines and orders."""

from django.urls import path

from calls.api.calls import CallDetail, CallList, EndCall, RedirectCall
from calls.api.offers import OfferDetail, OfferList
from calls.api.orders import OrderDetail
from calls.api.waiting import WaitingList

urlpatterns = [
    path("calls", CallList.as_view(), name="api-calls"),
    path("calls/<uuid:call_id>", CallDetail.as_view(), name="api-call"),
    path("calls/<uuid:call_id>/end", EndCall.as_view(), name="api-end-call"),
    path("calls/<uuid:call_id>/redirect", RedirectCall.as_view(), name="api-redirect-call"),
    path("orders/<uuid:pk>", OrderDetail.as_view(), name="api-order"),
    path("waiting", WaitingList.as_view(), name="api-waiting"),
    path("offers", OfferList.as_view(), name="api-offers"),
    path("offers/<int:pk>", OfferDetail.as_view(), name="api-offer"),
]
