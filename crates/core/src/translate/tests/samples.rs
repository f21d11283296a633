//! A request and an answer of each dialect with every field that is read, to be spoiled.

use serde_json::{Value, json};

use crate::chat::Dialect;

pub(super) fn request(dialect: Dialect) -> Value {
    match dialect {
        Dialect::Chat => json!({
            "model": "m", "stream": true, "stream_options": {"include_usage": true}, "max_completion_tokens": 5,
            "temperature": 0.5, "top_p": 0.5, "top_k": 4, "frequency_penalty": 1, "presence_penalty": -1, "seed": 7,
            "stop": ["a", "b"], "n": 2, "logprobs": true, "top_logprobs": 3, "service_tier": "flex", "user": "u",
            "metadata": {"a": "b"}, "prompt_cache_key": "k", "parallel_tool_calls": false, "reasoning_effort": "low",
            "response_format": {"type": "json_schema", "json_schema": {
                "name": "s", "description": "d", "schema": {"type": "object"}, "strict": true}},
            "tool_choice": {"type": "function", "function": {"name": "f"}},
            "tools": [{"type": "function", "function": {
                "name": "f", "description": "d", "parameters": {"type": "object"}, "strict": true}}],
            "messages": [
                {"role": "system", "content": "s", "name": "n"},
                {"role": "user", "content": [
                    {"type": "text", "text": "t"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
                    {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
                    {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
                    {"type": "file", "file": {"file_id": "id"}}]},
                {"role": "assistant", "content": null, "refusal": "r", "reasoning_content": "t", "tool_calls": [
                    {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}]},
                {"role": "tool", "tool_call_id": "c", "content": "4"}],
        }),
        Dialect::Responses => json!({
            "model": "m", "stream": true, "instructions": "i", "max_output_tokens": 5, "temperature": 0.5, "top_p": 0.5,
            "top_logprobs": 3, "service_tier": "flex", "user": "u", "metadata": {"a": "b"}, "prompt_cache_key": "k",
            "parallel_tool_calls": false, "reasoning": {"effort": "low", "summary": "auto"},
            "text": {"verbosity": "low", "format": {
                "type": "json_schema", "name": "s", "description": "d", "schema": {"type": "object"}, "strict": true}},
            "tool_choice": {"type": "function", "name": "f"},
            "tools": [
                {"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}, "strict": true},
                {"type": "web_search"}],
            "input": [
                {"role": "user", "content": "s"},
                {"type": "message", "role": "user", "content": [
                    {"type": "input_text", "text": "t"},
                    {"type": "input_image", "image_url": "https://a/b.png", "detail": "low"},
                    {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"},
                    {"type": "input_file", "file_url": "https://a/b.pdf"},
                    {"type": "input_file", "file_id": "id"}]},
                {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "t"}], "encrypted_content": "e"},
                {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "r"}]},
                {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}", "id": "fc"},
                {"type": "function_call_output", "call_id": "c", "output": "4"},
                {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "t"}]}],
        }),
        Dialect::Messages => json!({
            "model": "m", "stream": true, "max_tokens": 5, "temperature": 0.5, "top_p": 0.5, "top_k": 4,
            "stop_sequences": ["a", "b"], "service_tier": "auto", "metadata": {"user_id": "u"},
            "thinking": {"type": "enabled", "budget_tokens": 2000},
            "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}},
            "tool_choice": {"type": "tool", "name": "f", "disable_parallel_tool_use": true},
            "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
            "tools": [
                {"name": "f", "description": "d", "input_schema": {"type": "object"}, "strict": true},
                {"type": "web_search_20250305", "name": "web_search"}],
            "messages": [
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": [
                    {"type": "thinking", "thinking": "t", "signature": "s"},
                    {"type": "redacted_thinking", "data": "d"},
                    {"type": "text", "text": "t"},
                    {"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}}]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "c", "is_error": true, "content": [{"type": "text", "text": "t"}]},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
                    {"type": "document", "title": "n", "source": {"type": "text", "media_type": "text/plain", "data": "t"}},
                    {"type": "document", "source": {"type": "url", "url": "https://a/b.pdf"}},
                    {"type": "image", "source": {"type": "file", "file_id": "id"}}]}],
        }),
        Dialect::GenerateContent => json!({
            "systemInstruction": {"parts": [{"text": "s"}]},
            "generationConfig": {
                "maxOutputTokens": 5, "temperature": 0.5, "topP": 0.5, "topK": 4, "frequencyPenalty": 1,
                "presencePenalty": -1, "seed": 7, "stopSequences": ["a", "b"], "candidateCount": 1,
                "responseLogprobs": true, "logprobs": 3, "responseMimeType": "application/json",
                "responseJsonSchema": {"type": "object"}, "thinkingConfig": {"thinkingBudget": 100, "thinkingLevel": "LOW"}},
            "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
            "tools": [
                {"functionDeclarations": [{"name": "f", "description": "d", "parameters": {"type": "OBJECT"}}]},
                {"googleSearch": {}}],
            "contents": [
                {"role": "user", "parts": [
                    {"text": "t"},
                    {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
                    {"fileData": {"mimeType": "audio/wav", "fileUri": "gs://a"}}]},
                {"role": "model", "parts": [
                    {"text": "t", "thought": true, "thoughtSignature": "s"},
                    {"functionCall": {"id": "c", "name": "f", "args": {"a": 1}}}]},
                {"role": "user", "parts": [{"functionResponse": {"id": "c", "name": "f", "response": {"result": "4"}}}]}],
        }),
        _ => json!({
            "modelId": "m", "system": [{"text": "s"}, {"cachePoint": {"type": "default"}}],
            "inferenceConfig": {"maxTokens": 5, "temperature": 0.5, "topP": 0.5, "stopSequences": ["a", "b"]},
            "toolConfig": {
                "tools": [{"toolSpec": {"name": "f", "description": "d", "inputSchema": {"json": {"type": "object"}}}}],
                "toolChoice": {"tool": {"name": "f"}}},
            "messages": [
                {"role": "user", "content": [
                    {"text": "t"},
                    {"image": {"format": "png", "source": {"bytes": "AAAA"}}},
                    {"document": {"format": "pdf", "name": "n", "source": {"bytes": "AAAA"}}}]},
                {"role": "assistant", "content": [
                    {"reasoningContent": {"reasoningText": {"text": "t", "signature": "s"}}},
                    {"toolUse": {"toolUseId": "c", "name": "f", "input": {"a": 1}}}]},
                {"role": "user", "content": [{"toolResult": {
                    "toolUseId": "c", "status": "error", "content": [{"text": "t"}, {"json": {"a": 1}}]}}]}],
        }),
    }
}

pub(super) fn answer(dialect: Dialect) -> Value {
    match dialect {
        Dialect::Chat => json!({
            "id": "i", "object": "chat.completion", "created": 1, "model": "m", "service_tier": "default",
            "choices": [
                {"index": 0, "finish_reason": "tool_calls", "logprobs": {"content": [{"token": "t", "logprob": -1}]},
                 "message": {"role": "assistant", "content": "t", "reasoning_content": "r", "tool_calls": [
                    {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}]}},
                {"index": 1, "finish_reason": "stop", "message": {"role": "assistant", "content": null, "refusal": "r"}}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
                "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 2}},
        }),
        Dialect::Responses => json!({
            "id": "i", "object": "response", "created_at": 1, "model": "m", "status": "completed", "service_tier": "default",
            "output": [
                {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "t"}]},
                {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [
                    {"type": "output_text", "text": "t", "annotations": []}, {"type": "refusal", "refusal": "r"}]},
                {"type": "function_call", "id": "fc", "call_id": "c", "name": "f", "arguments": "{\"a\":1}", "status": "completed"}],
            "usage": {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 5,
                "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 15},
        }),
        Dialect::Messages => json!({
            "id": "i", "type": "message", "role": "assistant", "model": "m", "stop_reason": "stop_sequence", "stop_sequence": "x",
            "content": [
                {"type": "thinking", "thinking": "t", "signature": "s"},
                {"type": "text", "text": "t"},
                {"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}}],
            "usage": {"input_tokens": 6, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 4, "output_tokens": 5},
        }),
        Dialect::GenerateContent => json!({
            "responseId": "i", "modelVersion": "m",
            "candidates": [{"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [
                {"text": "r", "thought": true}, {"text": "t"}, {"functionCall": {"name": "f", "args": {"a": 1}}}]}}],
            "usageMetadata": {"promptTokenCount": 10, "cachedContentTokenCount": 4, "candidatesTokenCount": 3,
                "thoughtsTokenCount": 2, "totalTokenCount": 15},
        }),
        _ => json!({
            "output": {"message": {"role": "assistant", "content": [
                {"reasoningContent": {"reasoningText": {"text": "t", "signature": "s"}}},
                {"text": "t"}, {"toolUse": {"toolUseId": "c", "name": "f", "input": {"a": 1}}}]}},
            "stopReason": "tool_use", "metrics": {"latencyMs": 1},
            "usage": {"inputTokens": 6, "cacheReadInputTokens": 4, "cacheWriteInputTokens": 0, "outputTokens": 5, "totalTokens": 15},
        }),
    }
}
