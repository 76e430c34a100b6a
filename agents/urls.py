"""The pages of agents and supervisors, and what they may ask for there."""

from django.urls import path

from agents import acting, dialling, listening, speaking, views

urlpatterns = [
    path("", views.home, name="home"),
    path("desk", views.desk_page, name="desk"),
    path("desk/dial", dialling.dial, name="desk-dial"),
    path("desk/directory", dialling.find, name="desk-directory"),
    path("desk/state", views.set_state, name="desk-state"),
    path("desk/standby", views.set_standby, name="desk-standby"),
    path("desk/softphone/token", speaking.token, name="softphone-token"),
    path("desk/softphone/trouble", speaking.trouble, name="softphone-trouble"),
    path("desk/after-call", views.set_after_call, name="desk-after-call"),
    path("desk/offers/<int:offer_id>/decline", views.decline, name="desk-decline"),
    path("desk/calls/<uuid:call_id>/end", views.end_from_desk, name="desk-end-call"),
    path("desk/calls/<uuid:call_id>/whom", acting.find, name="desk-whom"),
    path("desk/calls/<uuid:call_id>/do/<slug:verb>", acting.act, {"page": "desk"}, name="desk-act"),
    path("desk/wrap-ups/<int:wrap_up_id>", views.finish_wrap_up, name="desk-wrap-up"),
    path("desk/wrap-ups/<int:wrap_up_id>/notes", views.keep_notes, name="desk-notes"),
    path("board", views.board_page, name="board"),
    path("board/agents/<int:agent_id>/standby/end", views.end_standby, name="board-end-standby"),
    path(
        "board/agents/<int:agent_id>/do/<slug:verb>", acting.act_on_agent, name="board-act-on-agent"
    ),
    path("board/calls/<uuid:call_id>/end", views.end_from_board, name="board-end-call"),
    path(
        "board/calls/<uuid:call_id>/do/<slug:verb>",
        acting.act,
        {"page": "board"},
        name="board-act",
    ),
    path("board/queues/<int:queue_id>/preview", acting.preview_line, name="board-preview-line"),
    path("board/queues/<int:queue_id>/move", acting.change_line, name="board-change-line"),
    path("board/lines/<int:line_change_id>/stop", acting.stop_line, name="board-stop-line"),
    path("calls", views.call_list, name="calls"),
    path("calls/<uuid:call_id>", views.call_page, name="call"),
    path("calls/<uuid:call_id>/end", views.end_from_call, name="end-call"),
    path("calls/<uuid:call_id>/voicemail", listening.message, name="voicemail"),
    path(
        "calls/<uuid:call_id>/recordings/<uuid:recording_id>",
        listening.recording,
        name="recording",
    ),
]
