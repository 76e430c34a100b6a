"""The API of calls, lines and orders."""

from django.urls import path

from calls.api import changes, lines, parking, recordings, transfers, watching
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
    *(
        path(f"calls/<uuid:call_id>/{name}", view.as_view(), name=f"api-{name.replace('/', '-')}")
        for name, view in (
            ("transfers", transfers.TransferList),
            ("transfer/swap", transfers.Swap),
            ("transfer/three-way", transfers.ThreeWay),
            ("transfer/complete", transfers.Complete),
            ("transfer/cancel", transfers.Cancel),
            ("transfer/decline", transfers.Decline),
            ("leave", transfers.Leave),
        )
    ),
    path("calls/<uuid:call_id>/park", parking.Park.as_view(), name="api-park"),
    path("calls/<uuid:call_id>/retrieve", parking.Retrieve.as_view(), name="api-retrieve"),
    path("parked", parking.ParkedList.as_view(), name="api-parked"),
    path("queues/<slug:slug>/callers", lines.ChangeLine.as_view(), name="api-change-line"),
    path("line-changes/<int:pk>", lines.LineChangeDetail.as_view(), name="api-line-change"),
    path("line-changes/<int:pk>/stop", lines.StopLineChange.as_view(), name="api-stop-line-change"),
    path("calls/<uuid:call_id>/watch", watching.Watch.as_view(), name="api-watch"),
    path("calls/<uuid:call_id>/watch/switch", watching.Switch.as_view(), name="api-switch"),
    path("calls/<uuid:call_id>/watch/stop", watching.Stop.as_view(), name="api-stop-watching"),
    path("calls/<uuid:call_id>/take-over", watching.TakeOver.as_view(), name="api-take-over"),
    path("calls/<uuid:call_id>/help", watching.AskForHelp.as_view(), name="api-help"),
    path(
        "calls/<uuid:call_id>/help/<int:help_id>/end",
        watching.EndHelp.as_view(),
        name="api-end-help",
    ),
    path(
        "calls/<uuid:call_id>/text-whispers",
        watching.WhisperText.as_view(),
        name="api-text-whisper",
    ),
    path("calls/<uuid:call_id>/to-front", watching.ToFront.as_view(), name="api-to-front"),
    *(
        path(f"calls/<uuid:call_id>/recording/{name}", view.as_view(), name=f"api-recording-{name}")
        for name, view in (
            ("start", recordings.Record),
            ("pause", recordings.PauseRecording),
            ("resume", recordings.ResumeRecording),
            ("stop", recordings.StopRecording),
        )
    ),
    path(
        "calls/<uuid:call_id>/recordings",
        recordings.RecordingList.as_view(),
        name="api-recordings",
    ),
    path(
        "calls/<uuid:call_id>/voicemail/sound",
        recordings.VoicemailSound.as_view(),
        name="api-voicemail",
    ),
    path("recordings/<uuid:pk>/sound", recordings.RecordingSound.as_view(), name="api-sound"),
    path("calls/<uuid:call_id>/legal-hold", recordings.LegalHold.as_view(), name="api-hold-call"),
    path(
        "calls/<uuid:call_id>/legal-hold/release",
        recordings.ReleaseHold.as_view(),
        name="api-release-call",
    ),
    path("changes/<uuid:pk>", changes.ChangeDetail.as_view(), name="api-change"),
    path("orders/<uuid:pk>", OrderDetail.as_view(), name="api-order"),
    path("waiting", WaitingList.as_view(), name="api-waiting"),
    path("offers", OfferList.as_view(), name="api-offers"),
    path("offers/<int:pk>", OfferDetail.as_view(), name="api-offer"),
]
