// Original file: proto/heliu/v1/message.proto


export interface Ack {
  'answer'?: (Buffer | Uint8Array | string);
}

export interface Ack__Output {
  'answer': (Buffer);
}
