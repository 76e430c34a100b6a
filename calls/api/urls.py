"""The API of calls, lines and orders."""

from django.urls import path

from calls.api import changes
from calls.api.calls import CallDetail, CallList, EndCall, RedirectCall
from calls.api.offers import OfferDetail, OfferList
from calls.api.orders import OrderDetail
from calls.api.waiting import WaitingList

urlpatterns = [
    path("calls", CallList.as_view(), name="api-calls"),
    path("calls/<uuid:call_id>", CallDetail.as_view(), name="api-call"),
    path("calls/<uuid:call_id>/end", EndCall.as_view(), name="api-end-call"),
    path("calls/<uuid:call_id>/redirect", RedirectCall.as_view(), name="api-redirect-call"),
    path("calls/<uuid:call_id>/announce", changes.Announce.as_view(), name="api-announce-all"),
    *(
        path(f"calls/<uuid:call_id>/legs/<uuid:leg_id>/{name}", view.as_view(), name=f"api-{name}")
        for name, view in (
            ("hold", changes.Hold),
            ("resume", changes.Resume),
            ("mute", changes.Mute),
            ("unmute", changes.Unmute),
            ("digits", changes.SendDigits),
            ("announce", changes.Announce),
            ("drop", changes.Drop),
        )
    ),
    path("changes/<uuid:pk>", changes.ChangeDetail.as_view(), name="api-change"),
    path("orders/<uuid:pk>", OrderDetail.as_view(), name="api-order"),
    path("waiting", WaitingList.as_view(), name="api-waiting"),
    path("offers", OfferList.as_view(), name="api-offers"),
    path("offers/<int:pk>", OfferDetail.as_view(), name="api-offer"),
]
