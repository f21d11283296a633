const r = await client.chat.completions.create({model: "o3", max_tokens: 100, messages: [{role: "system", content: "You answer questions about plants in one sentence."}]});
