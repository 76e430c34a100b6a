"""The fields of every resource, as Twilio's published OpenAPI description lists them.

Source: github.com/twilio/twilio-oai, spec/json/twilio_api_v2010.json, restated as names only.
"""

from __future__ import annotations

PUBLISHED: dict[str, str] = {
    "account": """
        auth_token date_created date_updated friendly_name owner_account_sid sid status
        subresource_uris type uri
    """,
    "call": """
        account_sid answered_by api_version caller_name date_created date_updated direction duration
        end_time forwarded_from from from_formatted group_sid parent_call_sid phone_number_sid price
        price_unit queue_time sid start_time status subresource_uris to to_formatted trunk_sid uri
    """,
    "call_recording": """
        account_sid api_version call_sid channels conference_sid date_created date_updated duration
        encryption_details error_code price price_unit sid source start_time status track uri
    """,
    "recording": """
        account_sid api_version call_sid channels conference_sid date_created date_updated duration
        encryption_details error_code media_url price price_unit sid source start_time status
        subresource_uris uri
    """,
    "conference": """
        account_sid api_version call_sid_ending_conference date_created date_updated friendly_name
        reason_conference_ended region sid status subresource_uris uri
    """,
    "participant": """
        account_sid call_sid call_sid_to_coach coaching conference_sid date_created date_updated
        end_conference_on_exit hold label muted queue_time start_conference_on_enter status uri
    """,
    "conference_recording": """
        account_sid api_version call_sid channels conference_sid date_created date_updated duration
        encryption_details error_code price price_unit sid source start_time status uri
    """,
    "queue": """
        account_sid average_wait_time current_size date_created date_updated friendly_name max_size
        sid uri
    """,
    "queue_member": """
        call_sid date_enqueued position queue_sid uri wait_time
    """,
    "application": """
        account_sid api_version date_created date_updated friendly_name message_status_callback
        public_application_connect_enabled sid sms_fallback_method sms_fallback_url sms_method
        sms_status_callback sms_url status_callback status_callback_method uri
        voice_caller_id_lookup voice_fallback_method voice_fallback_url voice_method voice_url
    """,
    "incoming_phone_number": """
        account_sid address_requirements address_sid api_version beta bundle_sid capabilities
        date_created date_updated emergency_address_sid emergency_address_status emergency_status
        friendly_name identity_sid origin phone_number sid sms_application_sid sms_fallback_method
        sms_fallback_url sms_method sms_url status status_callback status_callback_method trunk_sid
        type uri voice_application_sid voice_caller_id_lookup voice_fallback_method
        voice_fallback_url voice_method voice_receive_mode voice_url
    """,
    "outgoing_caller_id": """
        account_sid date_created date_updated friendly_name phone_number sid uri
    """,
    "call_notification": """
        account_sid api_version call_sid date_created date_updated error_code log message_date
        message_text more_info request_method request_url sid uri
    """,
    "call_notification_fetched": """
        account_sid api_version call_sid date_created date_updated error_code log message_date
        message_text more_info request_method request_url request_variables response_body
        response_headers sid uri
    """,
    "notification": """
        account_sid api_version call_sid date_created date_updated error_code log message_date
        message_text more_info request_method request_url sid uri
    """,
    "call_event": """
        request response
    """,
}
