"""The pages of agents and supervisors, and what they may ask for there."""

from django.urls import path

from agents import views

urlpatterns = [
    path("", views.home, name="home"),
    path("desk", views.desk_page, name="desk"),
    path("desk/state", views.set_state, name="desk-state"),
    path("desk/after-call", views.set_after_call, name="desk-after-call"),
    path("desk/offers/<int:offer_id>/decline", views.decline, name="desk-decline"),
    path("desk/calls/<uuid:call_id>/end", views.end_from_desk, name="desk-end-call"),
    path("desk/wrap-ups/<int:wrap_up_id>", views.finish_wrap_up, name="desk-wrap-up"),
    path("desk/wrap-ups/<int:wrap_up_id>/notes", views.keep_notes, name="desk-notes"),
    path("board", views.board_page, name="board"),
    path("board/agents/<int:agent_id>", views.force_agent, name="board-agent"),
    path("board/calls/<uuid:call_id>/end", views.end_from_board, name="board-end-call"),
    path("calls", views.call_list, name="calls"),
    path("calls/<uuid:call_id>", views.call_page, name="call"),
    path("calls/<uuid:call_id>/end", views.end_from_call, name="end-call"),
]
