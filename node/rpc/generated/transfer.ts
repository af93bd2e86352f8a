import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Ack as _heliu_v1_Ack, Ack__Output as _heliu_v1_Ack__Output } from './heliu/v1/Ack.ts';
import type { AnsweredCall as _heliu_v1_AnsweredCall, AnsweredCall__Output as _heliu_v1_AnsweredCall__Output } from './heliu/v1/AnsweredCall.ts';
import type { Call as _heliu_v1_Call, Call__Output as _heliu_v1_Call__Output } from './heliu/v1/Call.ts';
import type { CallAnswer as _heliu_v1_CallAnswer, CallAnswer__Output as _heliu_v1_CallAnswer__Output } from './heliu/v1/CallAnswer.ts';
import type { ConsumerSignature as _heliu_v1_ConsumerSignature, ConsumerSignature__Output as _heliu_v1_ConsumerSignature__Output } from './heliu/v1/ConsumerSignature.ts';
import type { Frame as _heliu_v1_Frame, Frame__Output as _heliu_v1_Frame__Output } from './heliu/v1/Frame.ts';
import type { InvokeAnswer as _heliu_v1_InvokeAnswer, InvokeAnswer__Output as _heliu_v1_InvokeAnswer__Output } from './heliu/v1/InvokeAnswer.ts';
import type { InvokeRequest as _heliu_v1_InvokeRequest, InvokeRequest__Output as _heliu_v1_InvokeRequest__Output } from './heliu/v1/InvokeRequest.ts';
import type { Message as _heliu_v1_Message, Message__Output as _heliu_v1_Message__Output } from './heliu/v1/Message.ts';
import type { OfferedReceipt as _heliu_v1_OfferedReceipt, OfferedReceipt__Output as _heliu_v1_OfferedReceipt__Output } from './heliu/v1/OfferedReceipt.ts';
import type { PullControl as _heliu_v1_PullControl, PullControl__Output as _heliu_v1_PullControl__Output } from './heliu/v1/PullControl.ts';
import type { Refusal as _heliu_v1_Refusal, Refusal__Output as _heliu_v1_Refusal__Output } from './heliu/v1/Refusal.ts';
import type { Text as _heliu_v1_Text, Text__Output as _heliu_v1_Text__Output } from './heliu/v1/Text.ts';
import type { TransferClient as _heliu_v1_TransferClient, TransferDefinition as _heliu_v1_TransferDefinition } from './heliu/v1/Transfer.ts';
import type { Window as _heliu_v1_Window, Window__Output as _heliu_v1_Window__Output } from './heliu/v1/Window.ts';
import type { WindowCalls as _heliu_v1_WindowCalls, WindowCalls__Output as _heliu_v1_WindowCalls__Output } from './heliu/v1/WindowCalls.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  heliu: {
    v1: {
      Ack: MessageTypeDefinition<_heliu_v1_Ack, _heliu_v1_Ack__Output>
      AnsweredCall: MessageTypeDefinition<_heliu_v1_AnsweredCall, _heliu_v1_AnsweredCall__Output>
      Call: MessageTypeDefinition<_heliu_v1_Call, _heliu_v1_Call__Output>
      CallAnswer: MessageTypeDefinition<_heliu_v1_CallAnswer, _heliu_v1_CallAnswer__Output>
      ConsumerSignature: MessageTypeDefinition<_heliu_v1_ConsumerSignature, _heliu_v1_ConsumerSignature__Output>
      Frame: MessageTypeDefinition<_heliu_v1_Frame, _heliu_v1_Frame__Output>
      InvokeAnswer: MessageTypeDefinition<_heliu_v1_InvokeAnswer, _heliu_v1_InvokeAnswer__Output>
      InvokeRequest: MessageTypeDefinition<_heliu_v1_InvokeRequest, _heliu_v1_InvokeRequest__Output>
      Message: MessageTypeDefinition<_heliu_v1_Message, _heliu_v1_Message__Output>
      OfferedReceipt: MessageTypeDefinition<_heliu_v1_OfferedReceipt, _heliu_v1_OfferedReceipt__Output>
      PullControl: MessageTypeDefinition<_heliu_v1_PullControl, _heliu_v1_PullControl__Output>
      Refusal: MessageTypeDefinition<_heliu_v1_Refusal, _heliu_v1_Refusal__Output>
      Text: MessageTypeDefinition<_heliu_v1_Text, _heliu_v1_Text__Output>
      Transfer: SubtypeConstructor<typeof grpc.Client, _heliu_v1_TransferClient> & { service: _heliu_v1_TransferDefinition }
      Window: MessageTypeDefinition<_heliu_v1_Window, _heliu_v1_Window__Output>
      WindowCalls: MessageTypeDefinition<_heliu_v1_WindowCalls, _heliu_v1_WindowCalls__Output>
    }
  }
}

